/** One of the icons of `ui/icons.svg`. Always beside words: it is hidden from screen readers. */
export function Icon({ name, look = '' }: { name: string; look?: '' | 'i-s' | 'i-xs' | 'i-l' }) {
  return (
    <svg class={look ? `i ${look}` : 'i'} aria-hidden="true">
      <use href={`#${name}`} />
    </svg>
  )
}
