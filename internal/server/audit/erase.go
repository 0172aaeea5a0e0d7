package audit

import (
	"context"
	"time"

	"countersign/internal/server/db"
)

// EraseAfter is how long what is personal in the events of somebody who has
// deleted their account is kept: time to look into what happened before.
const EraseAfter = 30 * 24 * time.Hour

// Erase takes what is personal (from where, and the details) out of the events of
// people who deleted their account. The digests stay, so the chain still holds. What
// is not sealed yet waits: the sealer may be reading it. It is for housekeeping.
func Erase(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `
		UPDATE audit_event SET ip = '', place = '', browser = '', detail = '{}', salt = $1
		WHERE seq > 0 AND length(salt) > 0 AND person_id IN (SELECT d.person_id FROM audit_event d WHERE d.kind = 'person.deleted' AND d.at < $2)`,
		[]byte{}, db.Millis(tx.Now.Add(-EraseAfter)))
	return err
}
