// The box's pictures, as browsers can show them.

/** Only TIFF needs converting. */
export function viewable(url: string): string {
  return /^\/invoice\/image\/.*\.tiff$/.test(url) ? `${url}?as=jpeg` : url
}
