/** Push subscriptions as the protocol writes them. */
import { base64url } from './bytes'
import type { PushAddress } from './message'

/** A subscription as the server takes it. */
export function addressOf(subscription: PushSubscription): PushAddress {
  const { endpoint = '', keys = {} } = subscription.toJSON()
  return { endpoint, p256dh: keys.p256dh ?? '', auth: keys.auth ?? '' }
}

/** Whether a subscription was made for this server key. */
export function sameKey(one: ArrayBuffer | null, other: Uint8Array): boolean {
  return one !== null && base64url(new Uint8Array(one)) === base64url(other)
}
