/** Links that a phone opens with its own apps: to call, and to find the way. Pure. */

export function callLink(phone: string): string {
  return `tel:${phone.replace(/[^\d+]/g, "")}`;
}

/** Apple's phones know no geo: links; everything else opens its map with one. */
export function mapLink(site: { name: string; address: string; city: string }, userAgent: string): string {
  const place = encodeURIComponent([site.address || site.name, site.city].filter(Boolean).join(", "));
  return /iPhone|iPad|Macintosh/.test(userAgent) ? `https://maps.apple.com/?q=${place}` : `geo:0,0?q=${place}`;
}
