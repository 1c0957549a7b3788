import { buildOf } from '../../tsup.base.ts'

export default buildOf({
  index: 'src/index.ts',
  report: 'src/report/index.ts',
  listings: 'src/listings/index.ts',
})
