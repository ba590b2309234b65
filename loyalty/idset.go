package loyalty

// IDSet is a set of numbers of rows, one bit each up to the largest.
type IDSet struct{ words []uint64 }

const wordBits = 64

// Add puts a number above 0 into the set.
func (b *IDSet) Add(id int64) {
	if n := id/wordBits + 1 - int64(len(b.words)); n > 0 {
		b.words = append(b.words, make([]uint64, n)...)
	}
	b.words[id/wordBits] |= 1 << (id % wordBits)
}

// Has says whether a number is in the set.
func (b *IDSet) Has(id int64) bool {
	return id/wordBits < int64(len(b.words)) && b.words[id/wordBits]&(1<<(id%wordBits)) != 0
}
