package publish

import "lotse/internal/platform/markup"

// CheckAnswer returns the text as Answer would take it, or a field error for
// "text". With AnswerHTML a page shows exactly what would be published.
func CheckAnswer(text string) (string, error) { return checkAnswer(text) }

// AnswerHTML returns what Answer makes of a text that CheckAnswer returned.
func AnswerHTML(text string) markup.SafeHTML { return markup.HTMLFromMarkdown(text) }
