package rules

import (
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

// slabs are the steps of a rule made ready.
type slabs struct {
	flat, document bool
	steps          []step
}

// step is one slab. Bounds are in the settings' own decimals until a sale brings
// its scale.
type step struct {
	from   decimal.Decimal // where a flat slab is reached
	above  decimal.Decimal // what a graduated slab is on top of
	factor num             // smallest units for one unit, times den
}

func newSlabs(r loyalty.Rule) *slabs {
	if r.CalculateOn != loyalty.QuantitySlab {
		return nil
	}
	s := &slabs{flat: r.SlabMode == loyalty.Flat, document: r.SlabOver == loyalty.PerDocument}
	for _, slab := range r.Slabs {
		s.steps = append(s.steps, step{from: slab.From, above: slab.From.Sub(r.Slabs[0].From)})
	}
	return s
}

// scale is how many decimals the bounds need.
func (s *slabs) scale() (most int32) {
	for _, st := range s.steps {
		scale, _ := scaleOf(st.from)
		most = max(most, scale)
	}
	return most
}

// value is what a quantity brings: divided by a tally's unit it is in smallest
// units. The sign of the quantity is the value's.
func (s *slabs) value(quantity num, scale int32) (value num) {
	for i := range s.steps {
		value = value.add(s.within(i, quantity, scale).mul(s.steps[i].factor))
	}
	return value
}

// within is the part of a quantity that a slab gives for, with its sign.
func (s *slabs) within(i int, quantity num, scale int32) num {
	size := quantity.abs()
	if s.flat {
		if i != s.reached(size, scale) {
			return num{}
		}
	} else {
		size = size.add(scaled(s.steps[i].above, scale).neg())
		if size.sign() < 0 {
			return num{}
		}
		if i+1 < len(s.steps) {
			if width := scaled(s.steps[i+1].above.Sub(s.steps[i].above), scale); size.cmp(width) > 0 {
				size = width
			}
		}
	}
	if quantity.sign() < 0 {
		return size.neg()
	}
	return size
}

// reached is the last slab that begins at or below a size, or the first.
func (s *slabs) reached(size num, scale int32) (found int) {
	for i, st := range s.steps {
		if size.cmp(scaled(st.from, scale)) >= 0 {
			found = i
		}
	}
	return found
}
