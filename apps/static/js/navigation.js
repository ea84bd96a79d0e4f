// The page that is open is in view among the pages, where these don't fit beside each other. The admin's too.

document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
