import { Icon } from '../shell/icon'

/** A place, on a drawing of a town: the name is the news, the map stands for it. */
export function PlaceMap({ place }: { place: string }) {
  return (
    <div class="map">
      <svg viewBox="0 0 360 100" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
        <rect width="360" height="100" fill="var(--map-land)" />
        <path d="M0 62C30 58 44 80 84 84s66-4 92 8l14 8H0Z" fill="var(--map-water)" />
        <path d="M232 0h62l10 26-44 16-34-18Z" fill="var(--map-park)" />
        <path
          fill="var(--map-block)"
          d="M20 8h44v18H20ZM74 6h36v22H74ZM18 36h30v14H18ZM60 38h50v16H60ZM128 10h34v20h-34ZM128 42h26v22h-26ZM214 58h40v16h-40ZM266 50h36v20h-36ZM316 8h30v30h-30ZM316 52h34v20h-34ZM230 82h56v14h-56ZM300 82h48v12h-48Z"
        />
        <g fill="none" stroke="var(--map-road)" stroke-linecap="round">
          <path d="M-5 30H120l70 28 175 18" stroke-width="6" />
          <path d="M118-5v66l30 44M206-5l-8 62 14 48M308-5v110M-5 54l60 2 60 4" stroke-width="4" />
          <path d="M206 30l56 22 50-10h60" stroke-width="3" />
        </g>
        <circle cx="196" cy="50" r="34" fill="var(--pine)" opacity=".14" />
        <circle cx="196" cy="50" r="34" fill="none" stroke="var(--pine)" stroke-width="1.5" stroke-dasharray="3 4" />
        <path d="M196 60c8-8.5 12-15 12-20.5a12 12 0 0 0-24 0c0 5.5 4 12 12 20.5Z" fill="var(--pine)" />
        <circle cx="196" cy="39" r="4.5" fill="var(--on-pine)" />
      </svg>
      <span class="where">
        <Icon name="i-pin" look="i-xs" />
        <bdi>{place}</bdi>
      </span>
    </div>
  )
}
