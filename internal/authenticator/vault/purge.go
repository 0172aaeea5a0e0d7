package vault

import "time"

// Purge deletes accounts from the trash for ever: nothing is left of them but
// that they were removed, here at once and in every copy that hears of it. To
// the others it looks like a removal more than thirty days ago, so merging needs
// no rule of its own. It is not a deed, because nothing takes it back. If one of
// the ids is not in the trash, nothing changes ([ErrUnknown]).
func (v *Vault) Purge(now time.Time, ids ...string) error {
	marks := map[mark]bool{}
	for _, id := range ids {
		r := v.records.get(id)
		if r == nil || !v.inTrash(r, now) {
			return ErrUnknown
		}
		marks[v.look(r).mark] = true
	}
	v.tick(now)
	long := Stamp{Time: now.Add(-TrashFor - maxAhead).UnixMilli(), Device: v.device}
	for i, r := range v.records {
		if _, gone := v.removedAt(r); gone && len(r.groups) > 0 && marks[v.look(r).mark] {
			c := r.removed(long)
			c.groups = nil
			v.records[i] = c
		}
	}
	v.touch()
	return nil
}

func (v *Vault) inTrash(r *record, now time.Time) bool {
	for _, t := range v.Trash(now) {
		if t.ID == r.id {
			return true
		}
	}
	return false
}
