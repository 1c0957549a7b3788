export { findingsOrigin } from '../promote/findings-origin.ts'
export {
  renderQuarantineHtml,
  renderQuarantineListHtml,
  type RenderQuarantineListOptions,
} from './render-quarantine.ts'
export { renderReleaseRecordHtml, renderReleaseRecordMarkdown } from './render-release-record.ts'
