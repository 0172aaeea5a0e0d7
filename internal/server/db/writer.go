package db

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync/atomic"
)

const (
	queueLength = 4096 // writes that may wait; more are told ErrBusy
	groupMost   = 256  // writes in one commit
)

// A write waits in the writer's queue, until the writer or the end of its
// context claims it.
type write struct {
	ctx   context.Context
	run   func(querier) error
	state atomic.Int32
	err   error
	done  chan struct{}
}

// The states of a write.
const (
	waiting = iota
	running
	withdrawn
)

// claim tells whether the writer may run w: nobody has given up waiting.
func (w *write) claim() bool {
	return w.state.CompareAndSwap(waiting, running) || w.state.Load() == running
}

func (w *write) answer(err error) {
	w.err = err
	close(w.done)
}

// write queues a write and waits for its answer. Under way it cannot be
// stopped; what still waits when ctx ends is never run.
func (s *sqliteDB) write(ctx context.Context, run func(querier) error) error {
	w := &write{ctx: ctx, run: run, done: make(chan struct{})}
	select {
	case <-s.closing:
		return ErrBusy
	default:
	}
	select {
	case s.queue <- w:
	default:
		return fmt.Errorf("%w: %d writes wait", ErrBusy, queueLength)
	}
	select {
	case <-w.done:
		return sqliteError(w.err)
	case <-s.done:
	case <-ctx.Done():
		if w.state.CompareAndSwap(waiting, withdrawn) {
			return ctx.Err()
		}
	}
	return s.await(w)
}

// migrate is a write like another: the server does not run yet.
func (s *sqliteDB) migrate(ctx context.Context, run func(querier) error) error {
	return s.write(ctx, run)
}

// await takes the answer of a write that is being run, or was left in the queue of a closed database.
func (s *sqliteDB) await(w *write) error {
	select {
	case <-w.done:
	case <-s.done:
		select {
		case <-w.done:
		default:
			return ErrBusy
		}
	}
	return sqliteError(w.err)
}

// loop is the writer. It ends when the database is closed and the queue is empty.
func (s *sqliteDB) loop() {
	defer close(s.done)
	group := make([]*write, 0, groupMost)
	for {
		select {
		case w := <-s.queue:
			group = append(group[:0], w)
		case <-s.closing:
			select {
			case w := <-s.queue:
				group = append(group[:0], w)
			default:
				return
			}
		}
		s.commit(s.collect(group))
		clear(group[:cap(group)])
	}
}

// collect adds what waits to a group.
func (s *sqliteDB) collect(group []*write) []*write {
	for len(group) < groupMost {
		select {
		case w := <-s.queue:
			group = append(group, w)
		default:
			return group
		}
	}
	return group
}

// commit runs a group in one transaction and answers all of it. A failure that
// takes the whole transaction with it (the disk is full, say) must not be the
// neighbours' failure: then each gets a transaction of its own.
func (s *sqliteDB) commit(group []*write) {
	if s.together(group) {
		return
	}
	for _, w := range group {
		s.together([]*write{w})
	}
}

// together runs a group in one transaction. It answers the group and returns
// true; or, when one of several members lost the transaction for all, it
// answers nobody and returns false.
func (s *sqliteDB) together(group []*write) bool {
	ctx := context.Background()
	if err := s.writer.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		s.refuse(group, err)
		return true
	}
	errs := make([]error, len(group))
	var lost error
	for i, w := range group {
		if !w.claim() {
			continue
		}
		if errs[i], lost = s.member(ctx, w); lost != nil {
			_ = s.writer.exec(ctx, "ROLLBACK") // fails when the engine has rolled back by itself
			if len(group) > 1 {
				return false
			}
			w.answer(errors.Join(errs[i], lost))
			return true
		}
	}
	err := s.writer.exec(ctx, "COMMIT")
	if err != nil {
		_ = s.writer.exec(ctx, "ROLLBACK")
	}
	for i, w := range group {
		w.answer(errors.Join(errs[i], err))
	}
	return true
}

// refuse answers a group for which no transaction could begin, and what waits
// behind it: it would wait for the same lock as long again. Nobody hears before all
// are found, or who comes because a neighbour was answered would be refused too.
func (s *sqliteDB) refuse(group []*write, err error) {
	all := slices.Clone(group)
	for len(s.queue) > 0 { // only the writer takes from it
		all = append(all, <-s.queue)
	}
	for _, w := range all {
		w.answer(err)
	}
}

// member runs one write in a savepoint. Its context may end it before it
// begins, not under way: SQLite would roll back the neighbours too. The second
// error tells that the transaction is no more, with all that was in it.
func (s *sqliteDB) member(ctx context.Context, w *write) (err, lost error) {
	if err := w.ctx.Err(); err != nil {
		return err, nil
	}
	if err := s.writer.exec(ctx, "SAVEPOINT member"); err != nil {
		return err, err
	}
	err = protect(w.run, s.writer)
	s.writer.settle()
	if err != nil {
		if lost := s.writer.exec(ctx, "ROLLBACK TO member"); lost != nil {
			return err, lost
		}
	}
	return err, s.writer.exec(ctx, "RELEASE member")
}

// protect keeps a panic in one write from ending the writer: it becomes that write's error.
func protect(run func(querier) error, q querier) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a write: %v\n%s", p, debug.Stack())
		}
	}()
	return run(q)
}
