package vault

// few are so many changes that to tell them is less than to tell everything.
const few = 100

// Since is what became of the accounts people see since an earlier copy of v:
// those that are new or look otherwise, and those that are gone. It has no
// answer where that takes more than comparing records: many differ, settings
// do, or accounts are there more than once or stand aside.
func (v *Vault) Since(was *Vault) (changed []Entry, gone []string, ok bool) {
	before, after := was.see(), v.see()
	if v.eye != was.eye || !sameVersions(v.settings, was.settings) ||
		len(before.copies)+len(after.copies)+len(before.aside)+len(after.aside) > 0 {
		return nil, nil, false
	}
	for _, id := range v.records.differ(was.records) {
		_, shown := before.at[id]
		if at, shows := after.at[id]; shows {
			changed = append(changed, after.entries[at])
		} else if shown {
			gone = append(gone, id)
		}
	}
	return changed, gone, len(changed)+len(gone) <= few
}

// differ are the ids whose records are not the same in two copies.
func (rs records) differ(others records) (ids []string) {
	for len(rs) > 0 || len(others) > 0 {
		switch {
		case len(others) == 0 || len(rs) > 0 && rs[0].id < others[0].id:
			ids, rs = append(ids, rs[0].id), rs[1:]
		case len(rs) == 0 || others[0].id < rs[0].id:
			ids, others = append(ids, others[0].id), others[1:]
		default:
			if rs[0] != others[0] {
				ids = append(ids, rs[0].id)
			}
			rs, others = rs[1:], others[1:]
		}
	}
	return ids
}
