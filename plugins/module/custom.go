package module

// Custom gives the bodies of the custom sections of that name.
func (m *Module) Custom(name string) [][]byte {
	var bodies [][]byte
	for _, s := range m.sections {
		if body, ok := s.custom(name); ok {
			bodies = append(bodies, body)
		}
	}
	return bodies
}

// WithCustom gives the bytes of the module with one custom section of that name, at the
// end and in place of any before. All else stays as it is.
func (m *Module) WithCustom(name string, body []byte) []byte {
	out := append(make([]byte, 0, m.size()+len(name)+len(body)), magic...)
	for _, s := range m.sections {
		if _, ok := s.custom(name); !ok {
			out = appendSection(out, s.id, s.body)
		}
	}
	return appendSection(out, idCustom, append(appendName(nil, name), body...))
}

// custom gives the body of a custom section when it is of that name.
func (s section) custom(name string) ([]byte, bool) {
	if s.id != idCustom {
		return nil, false
	}
	r := &reader{b: s.body}
	if r.name() != name || r.err != nil {
		return nil, false
	}
	return s.body[r.pos:], true
}
