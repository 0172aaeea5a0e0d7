/** What runs first, and all that runs before the first code is on the screen:
 *  open the newest vault, compute its codes, draw them. No framework, nothing
 *  from the network. Then the app comes and takes over what is there. While the
 *  app lock is on, its screen stands before all that. */
// oxlint-disable-next-line import/no-unassigned-import -- Vite's way to say which style sheet the page needs
import './start.css'
import words from 'virtual:start-words'
import { drawAccounts, drawGroups, drawTop, groupsOf, sorted, type Listed, type Rows, type Screen } from '../codes/accounts'
import { startClockwork, want, watchDial, wind } from '../codes/clockwork'
import { startCopying } from '../codes/copy'
import { mainBeat, type Dial } from '../codes/dial'
import { recallLogos } from '../codes/logos'
import { notesFor } from '../codes/notes'
import { firstRows, idsIn } from '../codes/rows'
import { offsetsByIssuer } from '../codes/skew'
import { drawDock, drawSkip } from '../shell/dock'
import { wearLast } from '../shell/look'
import { newest } from '../store/newest'
import { storeTrouble } from '../store/trouble'
import type { Vault } from '../store/vault'
import { preferred, speak, t } from '../words/words'
import { element } from './draw'
import { startInstall } from './install'

const root = document.getElementById('app') ?? document.body

let painted: Rows | undefined

void start()

async function start(): Promise<void> {
  wearLast()
  startInstall()
  speak(preferred(undefined), words[preferred(undefined)])
  const waiting = setTimeout(drawWaiting, 200)
  let found = await newest().catch(storeTrouble)
  clearTimeout(waiting)
  if (found instanceof Error && found.why === 'locked') found = await (await import('../lock/screen')).unlocked(root)
  const vault = found instanceof Error ? undefined : found.vault
  begin(vault)
  if (vault && vault.entries.length > 0 && isList(location.hash)) await paint(vault)
  const { boot } = await import('../shell/boot')
  await boot(found, () => painted)
}

function begin(vault: Vault | undefined): void {
  const lang = preferred(vault?.settings.language)
  speak(lang, words[lang])
  document.querySelector('link[rel=manifest]')?.setAttribute('href', `/manifest.${lang}.webmanifest`)
  startClockwork()
  startCopying()
}

/** Draws the codes, and draws them again whenever they change, until the app does. */
async function paint(vault: Vault): Promise<void> {
  const found = sorted(vault.entries)
  const groups = groupsOf(found, 'all')
  const rows = firstRows(groups)
  watchDial((dial, changed) => {
    if (changed) draw({ vault, dial, query: '', found, filter: 'all', rows, notes: notesNow(vault) })
    else countDown(dial)
  })
  void want(idsIn(groups, rows))
  if (vault.entries.some(({ kind }) => kind === 'work')) await recallLogos().catch(() => undefined)
  await wind(vault)
  await shown()
  performance.mark('codes')
}

function notesNow(vault: Vault): Screen['notes'] {
  return notesFor(vault, navigator.onLine, [...offsetsByIssuer(vault.entries).values()])
}

function draw(model: Screen & Listed): void {
  painted = model.rows
  const { dial } = model
  document.title = `${t('app.list.title')} · Countersign`
  const parts = [drawSkip(element), drawTop(element, mainBeat(dial)?.left), drawAccounts(element, model, (groups) => drawGroups(element, groups, model)), drawDock(element, 'accounts')]
  root.replaceChildren(element('div', { class: 'app' }, ...parts))
}

function countDown(dial: Dial): void {
  const timer = root.querySelector('[role=timer]')?.firstChild
  const beat = mainBeat(dial)
  if (timer && beat) timer.nodeValue = t('app.list.left', { n: beat.left })
}

/** The shapes of the rows to come, when the disk takes its time. */
function drawWaiting(): void {
  const shapes = () => ['mark', 'line-a', 'line-b'].map((name) => element('span', { class: `skel ${name}` }))
  const rows = [1, 2, 3].map(() => element('li', { class: 'account' }, ...shapes()))
  root.replaceChildren(
    element(
      'main',
      { class: 'waiting-list', 'aria-busy': 'true' },
      element('p', { class: 'vh', role: 'status' }, t('app.list.loading')),
      element('ul', { class: 'accounts', 'aria-hidden': 'true' }, ...rows),
    ),
  )
}

function isList(hash: string): boolean {
  return hash.replace(/^#\/?/, '') === ''
}

/** Answers when what was drawn is on the screen; a hidden page has no screen. */
function shown(): Promise<unknown> {
  if (document.hidden) return Promise.resolve()
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve))
  })
}
