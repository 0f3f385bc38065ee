package policy

import (
	"errors"
	"strconv"
	"strings"

	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/json"
	"github.com/usher-id/usher/sdk/kv"
)

// The entries of a tenant: the index of the copy that counts, that of one that is being made, and the pages of
// both, named by the letter of their index and a number.
const (
	keyIndex = "index"
	keyDraft = "draft"
)

// index says what a copy consists of.
type index struct {
	letter string   // of its pages: a or b in turn, so that a copy is whole until the next is
	began  int64    // when the making of it began
	firsts []string // the first address of each page
	last   string   // the last address so far
	after  string   // where the next page begins; of a draft only
}

func readIndex(c *sdk.Call, key string) (i index, found bool, err error) {
	text, found, err := kv.Get(c, key)
	if err != nil || !found {
		return i, false, err
	}
	i = index{letter: json.Text(text, "letter"), last: json.Text(text, "last"), after: json.Text(text, "after")}
	i.began, err = strconv.ParseInt(json.Text(text, "began"), 10, 64)
	firsts, ok := json.Elements(json.Raw(text, "firsts"))
	if err != nil || !ok {
		return i, false, errors.New("the entry " + key + " of the store is not one of this plugin")
	}
	for _, first := range firsts {
		i.firsts = append(i.firsts, json.Text(first))
	}
	return i, true, nil
}

// keep writes an index. Nothing of a directory stays longer than a day after it was too old to be relied on.
func (i index) keep(c *sdk.Call, key string) error {
	b := json.AppendString([]byte(`{"letter":`), i.letter)
	b = strconv.AppendInt(append(b, `,"began":`...), i.began, 10)
	b = append(b, `,"firsts":[`...)
	for n, first := range i.firsts {
		if n > 0 {
			b = append(b, ',')
		}
		b = json.AppendString(b, first)
	}
	b = json.AppendString(append(b, `],"last":`...), i.last)
	b = json.AppendString(append(b, `,"after":`...), i.after)
	return kv.Put(c, key, string(append(b, '}')), lifetime(c))
}

func lifetime(c *sdk.Call) int64 { return (longest(c) + 24*hour) / 1000 }

// add puts a page behind those that there are.
func (i *index) add(c *sdk.Call, p staff) error {
	i.after = p.next
	if len(p.emails) == 0 {
		return nil
	}
	if p.emails[0] <= i.last {
		return errors.New("a page of the directory does not begin after the one before it")
	}
	if err := kv.Put(c, i.page(len(i.firsts)), strings.Join(p.emails, "\n"), lifetime(c)); err != nil {
		return err
	}
	i.firsts, i.last = append(i.firsts, p.emails[0]), p.emails[len(p.emails)-1]
	return nil
}

func (i *index) page(n int) string { return i.letter + "/" + strconv.Itoa(n) }

// has looks for an address in its page.
func (i *index) has(c *sdk.Call, email string) (bool, error) {
	n := len(i.firsts) - 1
	for n >= 0 && i.firsts[n] > email {
		n--
	}
	if n < 0 {
		return false, nil
	}
	page, found, err := kv.Get(c, i.page(n))
	if err != nil {
		return false, err
	}
	if !found {
		return false, errors.New("a page of the directory's copy is missing")
	}
	return strings.Contains("\n"+page+"\n", "\n"+email+"\n"), nil
}
