package chat3

import userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"

const remembered = 4096

// recent remembers the last updates, so that each is handed out once.
type recent struct {
	known map[updateName]bool
	order []updateName
	next  int
}

// updateName names an update in its tenant.
type updateName struct{ userID, updateID string }

func newRecent() *recent { return &recent{known: map[updateName]bool{}} }

func nameOf(update *userv1.Update) updateName {
	return updateName{update.GetUserId(), update.GetUpdateId()}
}

func (r *recent) has(update *userv1.Update) bool { return r.known[nameOf(update)] }

func (r *recent) add(update *userv1.Update) {
	name := nameOf(update)
	if name.updateID == "" || r.known[name] {
		return
	}
	if len(r.order) < remembered {
		r.order = append(r.order, name)
	} else {
		delete(r.known, r.order[r.next])
		r.order[r.next] = name
		r.next = (r.next + 1) % remembered
	}
	r.known[name] = true
}
