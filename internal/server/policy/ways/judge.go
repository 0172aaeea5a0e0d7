package ways

// A Reason says why an action is refused, or what it does. Pages have words for each.
type Reason string

// The reasons.
const (
	NoOwner   Reason = "no_owner"   // no active owner would have a way in without another admin
	Yourself  Reason = "yourself"   // who does it could not sign in any more
	LockedOut Reason = "locked_out" // somebody else could not sign in any more
	Weaker    Reason = "weaker"     // somebody's strongest way in would be weaker
	OneThing  Reason = "one_thing"  // somebody's ways in would all hang on one thing
)

// A Person is somebody of a directory, as far as getting in goes.
type Person struct {
	ID     string
	Owner  bool
	Active bool
	Need   int // the strength that the directory asks of them
	Graph  Graph
}

// GetsIn tells whether a person has a way in that lasts, without anybody's help.
func (p Person) GetsIn() bool {
	return p.Active && p.Graph.Lasting() >= p.Need
}

// An Effect is what an action does to one person.
type Effect struct {
	Person string
	Reason Reason
}

// A Verdict is what is to be said about an action.
type Verdict struct {
	Refused Reason   // "" for: it may be done
	Effects []Effect // to be warned of before it is done
}

// Warns tells whether an effect of that kind comes with the action.
func (v Verdict) Warns(r Reason) bool {
	for _, e := range v.Effects {
		if e.Reason == r {
			return true
		}
	}
	return false
}

// Judge tells whether an action may be done that makes one state of a
// directory's people the other (R3). It is given those whom the action touches
// and all owners, before and after; actor is who acts, "" for nobody of them.
//
// Where an owner has a way in, one must have it afterwards. Nobody locks
// themselves out. Everybody else's lock-out is theirs to do, and to be warned of.
func Judge(before, after []Person, actor string) (v Verdict) {
	now := make(map[string]Person, len(after))
	for _, p := range after {
		now[p.ID] = p
	}
	for _, p := range before {
		after := now[p.ID]
		if after.Active == p.Active && after.Need == p.Need && after.Graph.Same(p.Graph) {
			continue
		}
		r := effect(p, after)
		switch {
		case r == "":
		case r == LockedOut && p.ID == actor:
			v.Refused = Yourself
		default:
			v.Effects = append(v.Effects, Effect{p.ID, r})
		}
	}
	if held(before) && !held(after) {
		v.Refused = NoOwner
	}
	return v
}

// held tells whether some owner gets in by themselves.
func held(people []Person) bool {
	for _, p := range people {
		if p.Owner && p.GetsIn() {
			return true
		}
	}
	return false
}

// effect is the gravest thing that happens to a person.
func effect(before, after Person) Reason {
	switch {
	case !before.GetsIn():
		return ""
	case !after.GetsIn():
		return LockedOut
	case after.Graph.Lasting() < before.Graph.Lasting():
		return Weaker
	case before.Graph.Depends(before.Need) == 0 && after.Graph.Depends(after.Need) != 0:
		return OneThing
	}
	return ""
}
