package policy

import (
	"errors"

	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/kv"
	"github.com/usher-id/usher/sdk/subscriber"
)

// pagesInACall is how many pages are copied before the event is asked for again: with the entries that are read
// and written it stays within the limit calls_out of the manifest.
const pagesInACall = 5

// RefreshDirectory takes any event of a tenant as a sign of life and makes a new copy when one is due. A large
// directory takes several calls: the event then comes again, and the copy goes on where it was.
func RefreshDirectory(c *sdk.Call, e subscriber.Event) (subscriber.Receipt, error) {
	if c.Tenant == "" { // an event of the host's own
		return subscriber.Taken(), nil
	}
	now, found, err := readIndex(c, keyIndex)
	if err != nil {
		return subscriber.Receipt{}, err
	}
	if found && c.NowMS() < now.began+due(c) {
		return subscriber.Taken(), nil
	}
	draft, err := begun(c, now)
	if err != nil {
		return subscriber.Receipt{}, err
	}
	whole, err := draft.goOn(c)
	if wait, ok := err.(later); ok { //nolint:errorlint // ask gives it as it is
		return subscriber.Later(patience(wait, e.Attempt)), nil
	}
	switch {
	case err == errGone: //nolint:errorlint // ask gives it as it is
		return subscriber.Later(1), kv.Delete(c, keyDraft)
	case err != nil:
		return subscriber.Receipt{}, err
	case !whole:
		return subscriber.Later(1), draft.keep(c, keyDraft)
	}
	return subscriber.Taken(), draft.finish(c)
}

// begun is the copy that is being made, or a new one.
func begun(c *sdk.Call, counts index) (index, error) {
	draft, found, err := readIndex(c, keyDraft)
	if err != nil {
		return draft, err
	}
	if found && c.NowMS() < draft.began+due(c) && draft.letter != counts.letter {
		return draft, nil
	}
	draft = index{letter: "a", began: c.NowMS()}
	if counts.letter == "a" {
		draft.letter = "b"
	}
	return draft, nil
}

// goOn copies the next pages, and tells whether they were the last.
func (i *index) goOn(c *sdk.Call) (whole bool, err error) {
	for range pagesInACall {
		page, err := ask(c, i.after)
		if err != nil {
			return false, err
		}
		if err := i.add(c, page); err != nil {
			return false, err
		}
		if i.after == "" {
			return true, nil
		}
	}
	return false, nil
}

// finish has the copy count.
func (i *index) finish(c *sdk.Call) error {
	if len(i.firsts) == 0 {
		return errors.New("the directory has nobody in it, which is not believed")
	}
	if err := i.keep(c, keyIndex); err != nil {
		return err
	}
	return kv.Delete(c, keyDraft)
}

// patience is how many seconds to wait: as the directory says, or longer each time, up to a quarter of an hour.
func patience(wait later, attempt int) int {
	if wait.seconds > 0 {
		return min(wait.seconds, 24*60*60)
	}
	return min(30<<min(max(attempt-1, 0), 5), 900)
}
