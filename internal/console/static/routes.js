// The pages: where they are, what they are called, who may open them. A page is a
// module with title (text, or a function of params) and render(root, params, ctx),
// which may return a function that cleans up. params are the parts of the path
// named :so, and query, a URLSearchParams.
//
// ctx: {navigate(path), setTitle(text), session, can(role)}

export const routes = [
  { path: '/now', name: 'Now', icon: 'now', group: 'Live', key: 'n', load: () => import('./pages/now.js') },
];

export const first = '/now';
