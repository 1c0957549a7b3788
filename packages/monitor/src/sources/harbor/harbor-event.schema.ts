import { z } from 'zod'

const resource = z.object({ digest: z.string().nullish(), tag: z.string().nullish() })
const artifact = z.object({ status: z.string().nullish(), name_tag: z.string() })

/** `event_data` of a webhook of Harbor. */
export const harborData = z.object({
  resources: z.array(resource).nullish(),
  repository: z.object({ repo_full_name: z.string() }).nullish(),
  replication: z
    .object({
      job_status: z.string().nullish(),
      dest_resource: z.object({ endpoint: z.string().nullish(), namespace: z.string().nullish() }).nullish(),
      successful_artifact: z.array(artifact).nullish(),
    })
    .nullish(),
  retention: z.object({ project_name: z.string(), deleted_artifact: z.array(artifact).nullish() }).nullish(),
})

/** See {@link harborData}. */
export type HarborData = z.infer<typeof harborData>

/** A webhook of Harbor in its own form. */
export const harborPayload = z.object({
  type: z.string(),
  occur_at: z.unknown().optional(),
  operator: z.string().nullish(),
  event_data: harborData,
})

/** The same in the form of CloudEvents. */
export const harborCloudEvent = z.object({
  specversion: z.literal('1.0'),
  id: z.string(),
  type: z.string(),
  time: z.unknown().optional(),
  operator: z.string().nullish(),
  requestid: z.string().nullish(),
  data: harborData,
})
