// Pictures of the box, as the browser can show them.

/** What is no TIFF is shown as it is. */
export function viewable(url: string): string {
  return /^\/invoice\/image\/.*\.tiff$/.test(url) ? `${url}?as=jpeg` : url
}
