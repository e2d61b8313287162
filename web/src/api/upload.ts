// Uploads with progress. XMLHttpRequest, because fetch does not report upload progress.
import { ApiError, errorFrom, languageHeader } from './http'
import type { Post } from './wire'

export type QueuedAnswer = Post['/invoice/recognizeImage']['gives']

interface Sending<P extends keyof Post> {
  path: P
  files: File[]
  /** A repeated key queues nothing twice. */
  key?: string
  onProgress?: (sentBytes: number) => void
}

export function sendFiles<P extends keyof Post>({ path, files, key, onProgress }: Sending<P>): Promise<Post[P]['gives']> {
  const form = new FormData()
  for (const file of files) form.append('file', file, file.name)
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', path)
    request.setRequestHeader('Accept', 'application/json')
    for (const [name, value] of Object.entries(languageHeader())) request.setRequestHeader(name, value)
    if (key) request.setRequestHeader('Idempotency-Key', key)
    request.upload.onprogress = (event) => onProgress?.(event.loaded)
    request.onerror = () => reject(new ApiError(0, 'offline', 'offline'))
    request.onload = () => {
      if (request.status < 200 || request.status > 299) {
        reject(errorFrom(request.status, request.responseText))
        return
      }
      try {
        resolve(JSON.parse(request.responseText) as Post[P]['gives'])
      } catch {
        reject(new ApiError(request.status, 'internal', `HTTP ${request.status}`))
      }
    }
    request.send(form)
  })
}

export function queuePictures(
  files: File[],
  key: string,
  onProgress: (sentBytes: number) => void,
): Promise<QueuedAnswer> {
  return sendFiles({ path: '/invoice/recognizeImage', files, key, onProgress })
}

export async function uploadOrigin(file: File, onProgress?: (sentBytes: number) => void): Promise<string> {
  const sending: Sending<'/invoice/uploadModelOrigin'> = { path: '/invoice/uploadModelOrigin', files: [file] }
  if (onProgress) sending.onProgress = onProgress
  return (await sendFiles(sending)).file_name
}
