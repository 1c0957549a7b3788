import { describe, expect, it } from 'vitest'
import { checkVariables } from './check-config.ts'

describe('checkVariables', () => {
  it('warns of a variable that is no option, and names the nearest', () => {
    expect(checkVariables({ SALLYPORT_POLCY: 'x', SALLYPORT_TIER: 'y', HOME: 'z' })).toEqual([
      {
        what: 'environment',
        state: 'warn',
        message: 'SALLYPORT_POLCY is no option',
        advice: 'Did you mean SALLYPORT_POLICY?',
      },
    ])
  })
})
