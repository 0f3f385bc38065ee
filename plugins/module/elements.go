package module

// The flags of an element segment.
const (
	elementsInactive    = 1 // passive or declared: there is no offset
	elementsExplicit    = 2 // a table is named, or, when inactive, it is only declared
	elementsExpressions = 4 // functions are given as constant expressions
)

// readElements checks the functions that tables are filled with.
func (m *Module) readElements(r *reader, limits Limits) {
	sum := 0
	for range r.count("element segments", limits.TableEntries) {
		expressions := readElementsHead(r)
		n := r.count("elements", limits.TableEntries-sum)
		sum += n
		for range n {
			if expressions {
				m.readConstant(r)
			} else {
				m.checkReference(r, r.u32())
			}
			if r.err != nil {
				return
			}
		}
		if r.err != nil {
			return
		}
	}
}

// readElementsHead passes over what comes before the elements and tells whether
// they are expressions.
func readElementsHead(r *reader) (expressions bool) {
	flags := r.u32()
	if flags > elementsInactive|elementsExplicit|elementsExpressions {
		r.fail("an element segment of kind %d is not supported", flags)
	}
	active := flags&elementsInactive == 0
	if active && flags&elementsExplicit != 0 {
		r.u32() // table
	}
	if active {
		skipConstant(r)
	}
	if flags&(elementsInactive|elementsExplicit) != 0 {
		r.byte() // kind or type
	}
	return flags&elementsExpressions != 0
}
