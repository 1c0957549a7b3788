import type { GateContext } from '../promote/gate-context.ts'

/** URI that names the gate in its decisions. */
export const verifierOf = ({ verifierId }: Pick<GateContext, 'verifierId'>, tier: string): string =>
  verifierId ?? `https://sallyport.dev/gate/${tier}`
