import { buildOf } from '../../tsup.base.ts'

export default buildOf({
  index: 'src/index.ts',
  evidence: 'src/evidence/index.ts',
  kubernetes: 'src/commands/index.ts',
  patch: 'src/patch/index.ts',
  recordings: 'src/recordings/index.ts',
  report: 'src/report/index.ts',
  smoke: 'src/smoke/index.ts',
})
