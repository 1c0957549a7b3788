import * as z from 'zod'

/** Parts of a Secret of `core/v1`. */
export const secretSchema = z.object({
  metadata: z.object({ resourceVersion: z.string().optional() }),
  type: z.string().optional(),
  data: z
    .object({ '.dockerconfigjson': z.string().optional(), '.dockercfg': z.string().optional() })
    .nullish(),
})

/** Parts of a ServiceAccount of `core/v1`. */
export const serviceAccountSchema = z.object({
  imagePullSecrets: z.array(z.object({ name: z.string().optional() })).nullish(),
})

/** Parts of a Namespace of `core/v1`. */
export const namespaceSchema = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).nullish() }),
})
