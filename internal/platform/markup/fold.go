package markup

// FoldKind says what a stretch of a text is, besides what its writer has to say.
type FoldKind uint8

// The kinds. They are stored: never renumber.
const (
	FoldQuote      FoldKind = 1 // of an earlier message, with the line that introduces it
	FoldSignature  FoldKind = 2 // who wrote, also what a device adds
	FoldDisclaimer FoldKind = 3 // the legal notice of a company
	FoldForward    FoldKind = 4 // a message passed on, with its header lines
)

// Fold is a stretch of a text that is shown folded, never lost. From and To are
// byte offsets, To behind its last byte. Folds of a text stand in order and do
// not overlap; what lies between them is what the writer says.
type Fold struct {
	Kind FoldKind `json:"k"`
	From int      `json:"f"`
	To   int      `json:"t"`
}
