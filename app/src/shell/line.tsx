import { Icon } from './icon'

type Props = { icon: string; title: string; text?: string | undefined; to: string }

/** A line that leads to another screen. */
export function LinkLine({ icon, title, text, to }: Props) {
  return (
    <a class="line" href={`#${to}`}>
      <Icon name={icon} />
      <span class="what">
        <strong>{title}</strong>
        {text && <span>{text}</span>}
      </span>
      <Icon name="i-chevron" />
    </a>
  )
}

/** A line that shows more of its list. */
export function MoreLine({ title, act }: { title: string; act: () => void }) {
  return (
    <li>
      <button class="line" type="button" onClick={act}>
        <span class="what">
          <strong>{title}</strong>
        </span>
        <Icon name="i-down" />
      </button>
    </li>
  )
}
