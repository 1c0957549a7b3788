import * as z from 'zod'

const strings = z.array(z.string()).nullish()

const execution = z.looseObject({
  User: z.string().nullish(),
  Env: strings,
  Entrypoint: strings,
  Cmd: strings,
  WorkingDir: z.string().nullish(),
  Labels: z.record(z.string(), z.string()).nullish(),
  StopSignal: z.string().nullish(),
  Shell: strings,
  /** Docker's extension; times in nanoseconds. */
  Healthcheck: z.looseObject({ Test: strings }).nullish(),
})

const history = z.looseObject({
  created: z.string().nullish(),
  created_by: z.string().nullish(),
  comment: z.string().nullish(),
  empty_layer: z.boolean().nullish(),
})

/** Image configuration (OCI image specification, config.md). Unknown fields are kept. */
export const imageConfigSchema = z.looseObject({
  created: z.string().nullish(),
  architecture: z.string(),
  os: z.string(),
  variant: z.string().nullish(),
  config: execution.nullish(),
  rootfs: z.looseObject({ type: z.literal('layers'), diff_ids: z.array(z.string()) }),
  history: z.array(history).nullish(),
})

/** Image configuration (OCI image specification, config.md). */
export type ImageConfig = z.infer<typeof imageConfigSchema>
