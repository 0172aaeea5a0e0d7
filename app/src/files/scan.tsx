/** The scanner for codes of another phone: it stays open until all of one export
 *  are there. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { Finder } from '../add/scan'
import { back, replace } from '../shell/router'
import { t } from '../words/words'
import { takeHanded } from './handed'
import { isMigration, scanned, startOver, step, takeText } from './visit'

/** `onTop`: the import lies below, and is gone back to. */
export function ScanCodesScreen({ onTop }: { onTop: boolean }) {
  const visits = useSignal(0) // a new one looks at the same code again
  const leave = () => (onTop ? back('files/import') : replace('files/import'))
  const hear = async (text: string) => {
    if (!isMigration(text)) {
      await takeText(text)
      leave()
      return undefined
    }
    const trouble = await scanned(text)
    const part = progress()
    if (!trouble && !part) leave()
    return trouble ?? part
  }
  useEffect(() => {
    const text = takeHanded()
    if (text !== undefined) void hear(text)
  }, [])
  const again = () => {
    startOver()
    visits.value++
  }
  const some = progress()
  const ways = some ? (
    <>
      <button class="btn" type="button" onClick={leave}>
        {t('files.scanned.go')}
      </button>
      <button class="btn" type="button" onClick={again}>
        {t('files.scanned.again')}
      </button>
    </>
  ) : null
  const point = some ? `${some.title}. ${some.text}` : t('files.scan.point')
  return <Finder key={visits.value} title={t('files.scan.title')} point={point} hear={hear} ways={ways} from="files/import" />
}

/** How far the codes of one export are, as long as some are missing. */
function progress(): { title: string; text: string } | undefined {
  const now = step.value
  const codes = now.at === 'preview' ? now.found.scanned : undefined
  if (!codes || codes.have === codes.of) return undefined
  return { title: t('files.scanned.some', codes), text: t('files.scanned.next', { missing: codes.missing[0] ?? 0 }) }
}
