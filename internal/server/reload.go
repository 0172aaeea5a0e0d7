package server

import (
	"strings"

	"countersign/internal/server/config"
)

// Reload takes up what can change while running (log level, trusted proxies,
// mail, certificates) and says in the log what needs a restart. When something
// in the new configuration cannot be used, all of the old one stays.
func (s *Server) Reload(next config.Config) error {
	mail, err := smtp(next.Mail)
	if err != nil {
		return err
	}
	old := *s.conf.Load()
	atOnce, restart := config.Changed(old, next)
	setLevel(s.level, next.Log)
	s.rooms.shell.SetProxies(config.Prefixes(next.TrustedProxies))
	s.rooms.notify.SetSMTP(mail)
	old.Log.Level, old.TrustedProxies, old.Mail = next.Log.Level, next.TrustedProxies, next.Mail
	s.conf.Store(&old)
	s.log.Info("settings read again", "changed", strings.Join(atOnce, " "))
	if len(restart) > 0 {
		s.log.Warn("settings that need a restart have changed", "settings", strings.Join(restart, " "))
	}
	return s.reloadCert()
}

func (s *Server) reloadCert() error {
	if s.cert == nil {
		return nil
	}
	err := s.cert.Reload()
	s.tellCert(err)
	return err
}
