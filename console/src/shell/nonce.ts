/** The page's word for styles that scripts add; the content security policy refuses all others. */
export const nonce: string =
  document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? "";
