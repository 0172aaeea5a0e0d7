package db

// Busy tells how much is going on right now: for SQLite the writes that wait
// for their turn, for PostgreSQL the connections in use.
func (d *DB) Busy() int {
	switch e := d.engine.(type) {
	case *sqliteDB:
		return len(e.queue)
	case *postgresDB:
		return e.pool.Stats().InUse
	}
	return 0
}
