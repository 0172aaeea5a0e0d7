/** What tests outside a browser need of one: IndexedDB. WebCrypto, BroadcastChannel
 *  and streams are Node's own. */
import 'fake-indexeddb/auto'
