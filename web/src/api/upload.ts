// Sending pictures with progress. XMLHttpRequest, because fetch does not tell how much has gone out.
import { ApiError, errorFrom, languageHeader } from './http'

export interface QueuedAnswer {
  action_id_list: number[]
  manage_size: number
  recognize_size: number
  failed?: { file: string; err: string }[]
}

interface Sending {
  path: string
  files: File[]
  /** The same key again queues nothing twice. */
  key?: string
  onProgress?: (sentBytes: number) => void
}

export function sendFiles<T>({ path, files, key, onProgress }: Sending): Promise<T> {
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
        resolve(JSON.parse(request.responseText) as T)
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
  const sending: Sending = { path: '/invoice/uploadModelOrigin', files: [file] }
  if (onProgress) sending.onProgress = onProgress
  return (await sendFiles<{ file_name: string }>(sending)).file_name
}
