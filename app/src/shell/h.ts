/** Views that the first paint draws too, drawn by Preact. */
import { h, type VNode } from 'preact'
import type { Draw } from '../start/draw'

export const draw: Draw<VNode> = (tag, props, ...children) => h(tag, props as Record<string, unknown> | null, ...children)
