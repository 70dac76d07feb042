//! What lies on a copied disk: broker copies, partition directories, segment files, checkpoints, views
