package edge

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/usher-id/usher/core"
)

// Query gives the parameters of the request's query by name. One that is not
// among the known names, or is given twice, is refused.
func (c *Call) Query(known ...string) (map[string]string, error) {
	values := make(map[string]string, len(known))
	for key, value := range c.http.QueryArgs().All() {
		name := string(key)
		if !slices.Contains(known, name) {
			return nil, malformedField(name, "unknown_parameter", fmt.Sprintf("The query has a parameter %s that this call does not know. It knows: %s.",
				shown(name), enumerated(known)))
		}
		if _, twice := values[name]; twice {
			return nil, malformedField(name, "duplicate_parameter", fmt.Sprintf("The query has the parameter %s more than once. Give it once.", shown(name)))
		}
		values[name] = string(value)
	}
	return values, nil
}

// Limit reads a page size between 1 and most, and gives otherwise for "".
func Limit(text string, otherwise, most int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, malformedField("limit", "out_of_range", fmt.Sprintf("The parameter limit must be a whole number from 1 to %d.", most))
	}
	return n, nil
}

// OneOf checks a parameter that has a closed list of values; "" is let through.
func OneOf(name, value string, allowed ...string) error {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	return malformedField(name, "unknown_value", fmt.Sprintf("The parameter %s must be one of: %s.", name, enumerated(allowed)))
}

func malformedField(field, code, message string) *core.Error {
	e := core.E(core.MalformedRequest, message).Because(code)
	e.Fields = []core.FieldError{{Field: clipped(field), Code: code, Message: message}}
	return e
}

// Before reads the query of a list that goes backwards by numbers: before, 0 when it is not there, and limit.
func Before(c *Call, otherwise, most int) (before int64, limit int, err error) {
	query, err := c.Query("before", "limit")
	if err != nil {
		return 0, 0, err
	}
	if text := query["before"]; text != "" {
		if before, err = strconv.ParseInt(text, 10, 64); err != nil || before < 1 {
			return 0, 0, malformedField("before", "out_of_range", "The parameter before must be a number of an earlier answer.")
		}
	}
	limit, err = Limit(query["limit"], otherwise, most)
	return before, limit, err
}
