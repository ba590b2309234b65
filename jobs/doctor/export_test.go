package doctor

// Vocabulary is every code with its words: English, Polish, and the cure in both.
func Vocabulary() map[string][4]string {
	out := make(map[string][4]string)
	for code, w := range vocabulary {
		out[code] = [4]string{w.en, w.pl, w.cure, w.lek}
	}
	return out
}

// MountOf, NetworkKind and UNCKind are tested on text alone.
var (
	MountOf     = mountOf
	NetworkKind = networkKind
	UNCKind     = uncKind
)

// Phrases are the sentences of connectors and what they are in Polish.
func Phrases() map[string]string { return phrases }
