/**
 * What a view is, and what it is given. Types only.
 *
 * @typedef {import('./routes.js').Address} Address
 *
 * @typedef {object} View what stands in the page for one kind of address
 * @property {HTMLElement} element goes into `<main>`
 * @property {(address: Address) => void} show called after mounting, and again when the address changes within this view
 * @property {() => void} close it is left: feeds, timers and charts end here
 * @property {() => void} [tick] a second has passed
 * @property {(event: KeyboardEvent) => boolean} [onKey] a key that nothing else wanted; true when it meant something here
 *
 * @typedef {object} User
 * @property {string | null} name null: a visitor of an open development server
 * @property {'viewer' | 'operator' | 'administrator'} role
 * @property {boolean} open everybody may read this server
 * @property {boolean} staff may enter Django's administration
 * @property {string} version of the server
 *
 * @typedef {object} App
 * @property {import('./live.js').Live} live
 * @property {() => number} now the server's clock, in ms since 1970
 * @property {(path: string, options?: {replace?: boolean}) => void} go to an address of this page
 * @property {(title: string) => void} title of the page, without the product's name
 * @property {import('./views/toasts.js').Toasts} toasts
 * @property {import('./views/command.js').CommandDialog} command
 * @property {User} user
 */
export {};
