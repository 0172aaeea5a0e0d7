/** Import and export: accounts come from other apps, and leave for them. */
// oxlint-disable-next-line import/no-unassigned-import -- Vite's way to say which style sheet this needs
import './files.css'
import { Icon } from '../shell/icon'
import type { Plug } from '../shell/plug'
import type { Route } from '../shell/router'
import { t } from '../words/words'
import { AppsScreen, NoExportScreen } from './apps'
import { ExportScreen } from './export'
import { FilesScreen } from './hub'
import { ImportScreen } from './import'
import { ScanCodesScreen } from './scan'

export const files: Plug = {
  routes: { files: (route) => <Files route={route} /> },
  welcome: () => <Way look="" />,
  ways: () => <Way look="slim" />,
  menu: () => (
    <a class="line" href="#files">
      <Icon name="i-download" />
      <span class="what">
        <strong>{t('files.menu')}</strong>
      </span>
      <Icon name="i-chevron" />
    </a>
  ),
}

function Files({ route: { path, query } }: { route: Route }) {
  const [, second, third] = path
  switch (second) {
    case 'import':
      return <ImportScreen />
    case 'scan':
      return <ScanCodesScreen onTop={query.has('more')} />
    case 'apps':
      return <AppsScreen />
    case 'authy':
    case 'microsoft':
      return <NoExportScreen app={second} />
    case 'export':
      if (third === 'sealed' || third === 'aegis' || third === 'google' || third === 'paper' || third === 'otpauth') return <ExportScreen form={third} />
  }
  return <FilesScreen />
}

function Way({ look }: { look: '' | 'slim' }) {
  return (
    <a class={`choice ${look}`} href="#files/import">
      <span class={look ? 'mark plain sm' : 'mark plain'}>
        <Icon name="i-download" look={look ? 'i-s' : ''} />
      </span>
      <strong>{t('files.way')}</strong>
      <span>{t('files.way.text')}</span>
      <Icon name="i-chevron" />
    </a>
  )
}
