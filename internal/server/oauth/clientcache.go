package oauth

import (
	"sync"
	"time"
)

// clientsFresh is how long a client is used before it is read again: so long
// may a change made on another node take.
const clientsFresh = 10 * time.Second

// clientsMost bounds the memory of the cache.
const clientsMost = 10_000

// A clientCache keeps clients that were used lately.
type clientCache struct {
	mu sync.RWMutex
	by map[string]cachedClient
}

type cachedClient struct {
	client *Client
	until  time.Time
}

func (c *clientCache) get(id string, now time.Time) *Client {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if e, ok := c.by[id]; ok && now.Before(e.until) {
		return e.client
	}
	return nil
}

func (c *clientCache) put(client *Client, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil || len(c.by) >= clientsMost {
		c.by = map[string]cachedClient{}
	}
	c.by[client.ID] = cachedClient{client, now.Add(clientsFresh)}
}

func (c *clientCache) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.by, id)
}
