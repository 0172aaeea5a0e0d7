package oauth

import (
	"context"

	"countersign/internal/server/db"
)

// Clients are the applications that are switched on, oldest first.
func (s *Service) Clients(ctx context.Context) (all []Client, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all = nil
		rows, err := tx.Query(ctx, `SELECT `+clientColumns+` FROM client WHERE disabled_at = 0 ORDER BY created_at, id`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			c, err := scanClient(rows)
			if err != nil {
				return err
			}
			all = append(all, *c)
		}
		return rows.Err()
	})
	return all, err
}
