package server

// ParsePages parses all pages, which a server leaves until they are asked for.
func (s *Server) ParsePages() error { return s.rooms.shell.Parse() }
