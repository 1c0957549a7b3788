import { buildOf } from '../../tsup.base.ts'

export default buildOf({
  index: 'src/index.ts',
  webhook: 'src/webhook/index.ts',
  deploy: 'src/deploy/index.ts',
  main: 'src/webhook/run/main.ts',
})
