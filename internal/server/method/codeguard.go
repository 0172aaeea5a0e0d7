package method

import (
	"context"
	"time"

	"countersign/internal/server/db"
)

// How wrong one-time codes are answered (T7): five are free, then there is a
// pause of one minute that doubles with each further one, to an hour.
const (
	freeCodes = 5
	mostPause = time.Hour
)

// FirstPause is what follows the wrong code that is one too many.
const FirstPause = time.Minute

// CodeTurn tells how long a person must wait before the next code is looked
// at; 0 for not at all. It holds the person's row until the transaction ends,
// so that of codes tried at once each waits for what became of the one before,
// on every engine. Only the person is counted, and only after a first proof, so
// a stranger cannot make anybody wait.
func CodeTurn(ctx context.Context, tx *db.Tx, person string) (time.Duration, error) {
	var until int64
	err := tx.QueryRow(ctx, `
		INSERT INTO code_guard (person_id, failures, until) VALUES ($1, 0, 0)
		ON CONFLICT (person_id) DO UPDATE SET failures = code_guard.failures
		RETURNING until`, person).Scan(&until)
	return max(0, db.Time(until).Sub(tx.Now)), err
}

// CodeWrong counts a wrong code and tells how long the pause is that follows.
func CodeWrong(ctx context.Context, tx *db.Tx, person string) (time.Duration, error) {
	var failures int
	err := tx.QueryRow(ctx, `
		INSERT INTO code_guard (person_id, failures, until) VALUES ($1, 1, 0)
		ON CONFLICT (person_id) DO UPDATE SET failures = code_guard.failures + 1
		RETURNING failures`, person).Scan(&failures)
	if err != nil {
		return 0, err
	}
	pause := pauseAfter(failures)
	if pause == 0 {
		return 0, nil
	}
	_, err = tx.Exec(ctx, `UPDATE code_guard SET until = $1 WHERE person_id = $2`, db.Millis(tx.Now.Add(pause)), person)
	return pause, err
}

// CodeRight forgets the wrong codes. A right code or another full sign-in calls it.
func CodeRight(ctx context.Context, tx *db.Tx, person string) error {
	_, err := tx.Exec(ctx, `DELETE FROM code_guard WHERE person_id = $1`, person)
	return err
}

func pauseAfter(failures int) time.Duration {
	if failures < freeCodes {
		return 0
	}
	pause := FirstPause
	for range min(failures-freeCodes, 10) {
		pause *= 2
	}
	return min(pause, mostPause)
}
