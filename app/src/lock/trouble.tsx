import { Icon } from '../shell/icon'

/** Why something of the lock was not done, read out when it comes. */
export function Trouble({ text }: { text: string }) {
  return (
    <div class="lock-trouble" role="alert">
      {text && (
        <p class="note caution">
          <Icon name="i-warn" look="i-s" />
          <span>{text}</span>
        </p>
      )}
    </div>
  )
}
