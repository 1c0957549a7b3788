import { buildOf } from '../../tsup.base.ts'

export default buildOf({
  index: 'src/index.ts',
  behaviour: 'src/behaviour/index.ts',
})
