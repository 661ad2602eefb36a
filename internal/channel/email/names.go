package email

import "lotse/internal/platform/markup"

const maxFileName = 200 // runes

func cleanFileName(name string) string { return markup.CleanFileName(name, maxFileName) }
