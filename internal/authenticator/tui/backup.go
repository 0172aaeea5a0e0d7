package tui

import "time"

// backupLook is how often it is looked whether a backup is due.
const backupLook = 10 * time.Second

// backUp makes a backup in the background when one is due. What came of it is
// kept with the vault, where "countersign checkup" and the next try find it.
func (s *shell) backUp() {
	now := s.face.Now()
	s.mu.Lock()
	due := !s.backing && now.Sub(s.backed) >= backupLook
	if due {
		s.backing, s.backed = true, now
	}
	s.mu.Unlock()
	if !due {
		return
	}
	s.group.Go(func() {
		_ = s.desk.DueBackup(s.ctx, false) // kept, see above
		_ = s.desk.DuePractice(s.ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.backing = false
	})
}
