import { z } from 'zod'

const imageId = z.object({ imageDigest: z.string().nullish(), imageTag: z.string().nullish() })

const userIdentity = z.object({
  type: z.string().nullish(),
  arn: z.string().nullish(),
  accountId: z.string().nullish(),
  invokedBy: z.string().nullish(),
  userName: z.string().nullish(),
  sessionContext: z.object({ sessionIssuer: z.object({ arn: z.string().nullish() }).nullish() }).nullish(),
})

/** A record of CloudTrail about Amazon ECR. */
export const cloudTrailRecord = z.object({
  eventSource: z.string(),
  eventName: z.string(),
  eventTime: z.unknown().optional(),
  eventID: z.string().nullish(),
  requestID: z.string().nullish(),
  awsRegion: z.string().nullish(),
  recipientAccountId: z.string().nullish(),
  errorCode: z.string().nullish(),
  readOnly: z.boolean().nullish(),
  sourceIPAddress: z.string().nullish(),
  userAgent: z.string().nullish(),
  userIdentity: userIdentity.nullish(),
  requestParameters: z
    .object({
      registryId: z.string().nullish(),
      repositoryName: z.string().nullish(),
      imageTag: z.string().nullish(),
      imageDigest: z.string().nullish(),
      imageManifest: z.string().nullish(),
      imageManifestMediaType: z.string().nullish(),
      imageIds: z.array(imageId).nullish(),
    })
    .nullish(),
  responseElements: z
    .object({
      image: z.object({ imageId: imageId.nullish(), imageManifestMediaType: z.string().nullish() }).nullish(),
      imageIds: z.array(imageId).nullish(),
    })
    .nullish(),
  serviceEventDetails: z
    .object({
      repositoryName: z.string().nullish(),
      lifecycleEventImageActions: z
        .array(
          z.object({
            lifecycleEventImage: z.object({
              digest: z.string().nullish(),
              tagList: z.array(z.string()).nullish(),
            }),
          }),
        )
        .nullish(),
    })
    .nullish(),
})

/** See {@link cloudTrailRecord}. */
export type CloudTrailRecord = z.infer<typeof cloudTrailRecord>
